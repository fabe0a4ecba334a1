declare module "virtual:world" {
  interface Country {
    /** ISO 3166 alpha-2; null for land that has none. */
    code: string | null;
    name: string;
    path: string;
    /** Where a dot stands for land too small to be seen. */
    dot?: [number, number];
  }
  const world: { width: number; height: number; countries: Country[] };
  export default world;
}
