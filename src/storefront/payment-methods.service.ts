import { Injectable } from '@nestjs/common';
import { ShopSettingsService } from '../shops/shop-settings.service.js';
import { PublicPaymentMethodResponse } from './dto/public-payment-method.response.js';

/** The ways to pay that a shop shows to its customers. */
@Injectable()
export class PaymentMethodsService {
  constructor(private readonly settings: ShopSettingsService) {}

  async list(shopId: string): Promise<PublicPaymentMethodResponse[]> {
    const kept = await this.settings.getGroup(shopId, 'paymentMethods');
    return PublicPaymentMethodResponse.listOf(kept);
  }
}
