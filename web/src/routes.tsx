import { createRootRoute, createRoute, createRouter, type SearchSchemaInput } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { base } from "./base";
import { Analyse } from "./pages/Analyse";
import { NotFound } from "./pages/NotFound";
import { Overview } from "./pages/Overview";
import { Predictions } from "./pages/Predictions";
import { parseSearch, type View, writeSearch } from "./state/search";
import { Crashed } from "./ui/Crashed";
import { Coded } from "./ui/Drawn";
import { Frame } from "./ui/Frame";

const root = createRootRoute({
  validateSearch: (search: View & SearchSchemaInput): View => search,
  component: Frame,
  notFoundComponent: NotFound,
});

type Page = () => ReactNode;

/** A page whose code is fetched when it is first opened. */
function later(name: string, load: () => Promise<Page>): Page {
  const loadPage = async () => ({ Page: await load() });
  return () => (
    <Coded name={name} load={loadPage} what="This page" height="70vh">
      {({ Page }) => <Page />}
    </Coded>
  );
}

const overview = createRoute({ getParentRoute: () => root, path: "/", component: Overview });
const predictions = createRoute({ getParentRoute: () => root, path: "/predictions", component: Predictions });
const analyse = createRoute({ getParentRoute: () => root, path: "/analyse", component: Analyse });
const usage = createRoute({
  getParentRoute: () => root,
  path: "/usage",
  component: later("usage", async () => (await import("./pages/Usage")).Usage),
});
const performance = createRoute({
  getParentRoute: () => root,
  path: "/performance",
  component: later("performance", async () => (await import("./pages/Performance")).Performance),
});

const system = createRoute({
  getParentRoute: () => root,
  path: "/system",
  component: later("system", async () => (await import("./pages/System")).System),
});

const errors = createRoute({
  getParentRoute: () => root,
  path: "/errors",
  component: later("errors", async () => (await import("./pages/Errors")).Errors),
});

const explore = createRoute({
  getParentRoute: () => root,
  path: "/explore",
  component: later("explore", async () => (await import("./pages/Explore")).Explore),
});

const alerts = createRoute({
  getParentRoute: () => root,
  path: "/alerts",
  component: later("alerts", async () => (await import("./pages/Alerts")).Alerts),
});

const incidents = createRoute({
  getParentRoute: () => root,
  path: "/incidents",
  component: later("incidents", async () => (await import("./pages/Incidents")).Incidents),
});

const settings = createRoute({
  getParentRoute: () => root,
  path: "/settings",
  component: later("settings", async () => (await import("./pages/Settings")).Settings),
});

export function createAppRouter() {
  return createRouter({
    routeTree: root.addChildren([
      overview,
      usage,
      performance,
      predictions,
      alerts,
      incidents,
      system,
      errors,
      analyse,
      explore,
      settings,
    ]),
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
