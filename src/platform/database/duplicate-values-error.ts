/** A unique index cannot be built over what is stored. Names no value: those may be personal. */
export class DuplicateValuesError extends Error {
  override readonly name = 'DuplicateValuesError';

  constructor(collection: string, index: string) {
    super(
      `The collection ${collection} holds documents that are alike in what its unique index ${index} ` +
        'must tell apart: change or remove all but one of them, and start again.',
    );
  }
}
