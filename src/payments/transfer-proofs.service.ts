import { Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { type Model, Types } from 'mongoose';
import { type KeptAttachment, KeptFiles } from '../media/kept-files.service.js';
import { MediaLinks } from '../media/media-links.service.js';
import { FileKeeper } from '../platform/files/file-keeper.js';
import { AppError } from '../platform/http/app-error.js';
import { plainReference } from './bank-reference.js';
import type { TransferProofDto } from './dto/transfer-proof.dto.js';
import { TransferProof } from './transfer-proof.schema.js';

/** A proof that is not written yet. */
export type NewProof = Omit<TransferProof, '_id' | 'createdAt'>;

const MAX_PROOFS = 10;
/** A number of a bank is somebody's; the digest of a picture tells nothing, and finds it again. */
const BANK_NUMBER = /^number:/;

/** What customers show for their transfers; the pictures are private files. */
@Injectable()
export class TransferProofsService implements OnModuleInit {
  constructor(
    @InjectModel(TransferProof.name) private readonly proofs: Model<TransferProof>,
    private readonly files: KeptFiles,
    private readonly links: MediaLinks,
    private readonly keeper: FileKeeper,
  ) {}

  onModuleInit(): void {
    this.keeper.addReferences(async (fileIds) => {
      const found = await this.proofs
        .find({ pictureFileId: { $in: fileIds, $gt: '' } }, { pictureFileId: 1 })
        .setOptions({ acrossShops: true })
        .lean();
      return found.flatMap(({ pictureFileId }) => pictureFileId ?? []);
    });
  }

  /**
   * Has the picture stored, where there is one.
   * @throws AppError `validation_failed` for what is no proof
   */
  async prepare(
    shopId: string,
    orderId: string,
    { reference, picture }: TransferProofDto,
  ): Promise<NewProof> {
    const plain = plainReference(reference ?? '');
    const kept = picture ? await this.keepPicture(shopId, orderId, picture) : null;
    if (!plain && !kept) {
      const message = "must be the bank's number of the transfer, unless there is a picture";
      throw AppError.validation([{ field: 'reference', message }]);
    }
    return {
      shopId: new Types.ObjectId(shopId),
      orderId: new Types.ObjectId(orderId),
      reference: reference?.trim() ?? '',
      pictureUrl: kept?.url ?? null,
      pictureFileId: kept?.fileId ?? null,
      marks: [
        ...(plain ? [`number:${plain}`] : []),
        ...(kept ? [`picture:${kept.sourceDigest}`] : []),
      ],
    };
  }

  /** The id under which the order has that proof already, or has it now. */
  async store(proof: NewProof): Promise<Types.ObjectId> {
    const { shopId, orderId, marks } = proof;
    const repeated = await this.proofs
      .findOne({ shopId, orderId, marks }, { _id: 1 })
      .lean<Pick<TransferProof, '_id'>>();
    if (repeated) return repeated._id;
    if ((await this.proofs.countDocuments({ shopId, orderId })) >= MAX_PROOFS) {
      throw AppError.conflict('conflict', `An order takes ${MAX_PROOFS} proofs: ask the shop.`);
    }
    return (await this.proofs.create(proof))._id;
  }

  /** Whether another order was shown the same picture, or the same number. */
  async isUsedElsewhere({ shopId, orderId, marks }: NewProof): Promise<boolean> {
    const used = { shopId, marks: { $in: marks }, orderId: { $ne: orderId } };
    return (await this.proofs.exists(used)) !== null;
  }

  /** With an address of its picture that the reader can open. @throws AppError `not_found` */
  async get(shopId: string, proofId: Types.ObjectId | null): Promise<TransferProof> {
    const proof = proofId && (await this.proofs.findOne({ shopId, _id: proofId }).lean());
    if (!proof) throw AppError.notFound('proof');
    return this.signed(proof);
  }

  /** All that were shown for an order. */
  async listOf(shopId: string, orderId: Types.ObjectId): Promise<TransferProof[]> {
    const proofs = await this.proofs
      .find({ shopId, orderId })
      .sort({ createdAt: 1 })
      .limit(MAX_PROOFS)
      .lean();
    return proofs.map((proof) => this.signed(proof));
  }

  /** Takes out of an order's proofs what is somebody's; their pictures are no longer named. */
  async erase(shopId: string, orderId: Types.ObjectId): Promise<void> {
    await this.proofs.updateMany(
      { shopId, orderId },
      {
        $set: { reference: '', pictureUrl: null, pictureFileId: null },
        $pull: { marks: BANK_NUMBER },
      },
    );
  }

  private signed(proof: TransferProof): TransferProof {
    const { pictureUrl } = proof;
    return { ...proof, pictureUrl: pictureUrl && this.links.sign(pictureUrl) };
  }

  private async keepPicture(
    shopId: string,
    orderId: string,
    picture: string,
  ): Promise<KeptAttachment> {
    const sender = { shopId, subject: `order:${orderId}` };
    const kept = await this.files.keepAttachment(picture, sender, 'picture');
    if (kept.fileId && (kept.kind === 'image' || kept.kind === 'gif')) return kept;
    const message = 'must be a JPEG, PNG, WebP or GIF picture, sent along or uploaded here';
    throw AppError.validation([{ field: 'picture', message }]);
  }
}
