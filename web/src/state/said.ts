/** What a number is, as it is told on hover, focus and touch. */
export interface Said {
  title: string;
  definition?: string | undefined;
  facts: [string, string][];
}
