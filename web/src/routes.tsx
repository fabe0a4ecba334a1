import { createRootRoute, createRoute, createRouter, type SearchSchemaInput } from "@tanstack/react-router";
import { base } from "./base";
import { Analyse } from "./pages/Analyse";
import { NotFound } from "./pages/NotFound";
import { Overview } from "./pages/Overview";
import { Predictions } from "./pages/Predictions";
import { parseSearch, type View, writeSearch } from "./state/search";
import { Crashed } from "./ui/Crashed";
import { Frame } from "./ui/Frame";

const root = createRootRoute({
  validateSearch: (search: View & SearchSchemaInput): View => search,
  component: Frame,
  notFoundComponent: NotFound,
});
const overview = createRoute({ getParentRoute: () => root, path: "/", component: Overview });
const predictions = createRoute({
  getParentRoute: () => root,
  path: "/predictions",
  component: Predictions,
});
const analyse = createRoute({ getParentRoute: () => root, path: "/analyse", component: Analyse });

export function createAppRouter() {
  return createRouter({
    routeTree: root.addChildren([overview, predictions, analyse]),
    basepath: `${base}/dashboard`,
    parseSearch,
    stringifySearch: writeSearch,
    defaultErrorComponent: Crashed,
    scrollRestoration: true,
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}
