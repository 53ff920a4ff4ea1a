import { Body, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiParam, ApiTags } from '@nestjs/swagger';
import { ApiAnswer } from '../platform/http/api-docs.decorators.js';
import { MemberId, RequirePermission, ShopId } from '../shops/shop-access.decorators.js';
import { PaymentResponse } from './dto/payment.response.js';
import { RejectTransferDto } from './dto/reject-transfer.dto.js';
import { TransferProofResponse } from './dto/transfer-proof.response.js';
import { TransfersService } from './transfers.service.js';

const ID = {
  name: 'paymentId',
  description: "The payment's id.",
  example: '6741c0c0a5f2d13b8c9e0008',
};

@ApiTags('payments')
@Controller('api/shops/:shopId/payments/:paymentId')
export class TransfersController {
  constructor(private readonly transfers: TransfersService) {}

  @Post('accept')
  @HttpCode(200)
  @RequirePermission('payments:write')
  @ApiParam(ID)
  @ApiAnswer(PaymentResponse, {
    summary: 'Say that a transfer has come: its order is paid',
    errors: ['conflict'],
  })
  async accept(
    @ShopId() shopId: string,
    @MemberId() userId: string,
    @Param('paymentId') id: string,
  ): Promise<PaymentResponse> {
    return PaymentResponse.from(
      await this.transfers.accept(shopId, id, { kind: 'member', userId }),
    );
  }

  @Post('reject')
  @HttpCode(200)
  @RequirePermission('payments:write')
  @ApiParam(ID)
  @ApiAnswer(PaymentResponse, {
    summary: 'Say that a transfer has not come; the customer may attach another proof',
    errors: ['conflict'],
  })
  async reject(
    @ShopId() shopId: string,
    @MemberId() userId: string,
    @Param('paymentId') id: string,
    @Body() { reason }: RejectTransferDto,
  ): Promise<PaymentResponse> {
    const actor = { kind: 'member', userId } as const;
    return PaymentResponse.from(await this.transfers.reject(shopId, id, reason, actor));
  }

  @Get('proof')
  @RequirePermission('payments:read')
  @ApiParam(ID)
  @ApiAnswer(TransferProofResponse, { summary: 'What the customer shows for a transfer' })
  async proof(
    @ShopId() shopId: string,
    @Param('paymentId') id: string,
  ): Promise<TransferProofResponse> {
    return TransferProofResponse.from(await this.transfers.getProof(shopId, id));
  }
}
