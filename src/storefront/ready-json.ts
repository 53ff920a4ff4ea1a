/** An answer that is written already. */
export interface ReadyJson {
  /** The whole envelope. */
  text: string;
  /** Strong: the same for the same text only, in every process. */
  etag: string;
}
