import { OmitType } from '@nestjs/swagger';
import { CreatePaymentDto } from '../../payments/dto/create-payment.dto.js';

/** The order is that of the token. */
export class PayOrderDto extends OmitType(CreatePaymentDto, ['orderId']) {}
