/** Before every address of this page: "" of the installation itself, "/demo" of the demonstration beside it. */
export const base = baseOf(typeof window === "undefined" ? "/dashboard" : window.location.pathname);

export const isDemo = base !== "";

export function baseOf(path: string): string {
  return path === "/demo" || path.startsWith("/demo/") ? "/demo" : "";
}
