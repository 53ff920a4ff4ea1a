/** It brings no types of its own. */
declare module 'openapi-to-postmanv2' {
  type Outcome =
    | { result: true; output: [{ type: 'collection'; data: Record<string, unknown> }] }
    | { result: false; reason: string };

  const converter: {
    convertV2(
      input: { type: 'json'; data: object },
      options: Record<string, string | boolean>,
      done: (error: Error | null, outcome: Outcome) => void,
    ): void;
  };
  export default converter;
}
