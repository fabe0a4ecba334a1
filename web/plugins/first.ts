import type { Plugin } from "vite";

const source = "/src/first.ts";

/**
 * Has `src/first.ts` run as soon as it is there, before the application's own code, which is a hundred times larger,
 * has arrived. While developing, the application does without.
 */
export function first(): Plugin {
  return {
    name: "first",
    apply: "build",
    buildStart() {
      this.emitFile({ type: "chunk", id: `.${source}` });
    },
    transformIndexHtml: {
      order: "post",
      handler(_html, { bundle = {} }) {
        const chunk = Object.values(bundle).find(
          (one) => one.type === "chunk" && one.facadeModuleId?.endsWith(source),
        );
        if (chunk === undefined) throw new Error(`${source} was not built`);
        const attrs = { type: "module", crossorigin: true, src: `/dashboard/${chunk.fileName}` };
        return [{ tag: "script", attrs, injectTo: "head-prepend" }];
      },
    },
  };
}
