import { Types } from 'mongoose';
import type { Visibility } from './media-paths.js';

/** Whose a file is: a shop's or a person's, and there perhaps a customer's. */
export interface MediaOwner {
  shopId: string | null;
  personId?: string;
  /** The order or conversation whose customer sends it, such as `order:<id>`. */
  subject?: string;
  visibility: Visibility;
}

/** As a file's document says it. */
export function ownerFilter({ shopId, personId }: MediaOwner) {
  return {
    shopId: shopId ? new Types.ObjectId(shopId) : null,
    personId: personId ? new Types.ObjectId(personId) : null,
  };
}
