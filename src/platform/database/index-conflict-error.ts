/** An index in the database is not the one that a schema declares; only a migration drops one. */
export class IndexConflictError extends Error {
  override readonly name = 'IndexConflictError';

  constructor(collection: string, index: string) {
    super(
      `The index ${index} of the collection ${collection} is another in the database than this ` +
        'version declares: drop it in a migration, and the start builds it anew.',
    );
  }
}
