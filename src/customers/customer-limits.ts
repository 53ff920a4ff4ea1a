/** What one customer may have, at input and after a merge. */
export const CUSTOMER_LIMITS = {
  /** Of phones, and of e-mails. */
  contacts: 20,
  tags: 20,
  notesCharacters: 5_000,
} as const;
