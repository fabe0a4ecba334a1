import { useNavigate, useRouter, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import type { Filters } from "../api/types";
import { type RangeChoice, readRange } from "./range";
import {
  type Comparison,
  type FilterName,
  filtersOf,
  type TextName,
  textNames,
  type View,
  withFilter,
  withoutFilter,
  withoutFilters,
} from "./search";
import { useZone } from "./zone";

/** The only ways to change the address. */
export interface ViewChanges {
  setRange: (code: string) => void;
  setCompare: (compare: Comparison) => void;
  /** Changes what the page itself keeps in the address; `undefined` takes it out. */
  keep: (part: { [name in TextName | "param"]?: View[name] | undefined }) => void;
  addFilter: (name: FilterName, value: string) => void;
  removeFilter: (name: FilterName, value: string) => void;
  clearFilters: () => void;
  open: (id: string | undefined) => void;
}

export interface ViewState extends ViewChanges {
  range: RangeChoice;
  compare: Comparison;
  filters: Filters;
  filtered: boolean;
  /** The opened prediction. */
  id: string | undefined;
  /** The rest of the address: what the page itself keeps there. */
  view: View;
}

const withoutRange = ["/analyse", "/explore", "/settings", "/alerts", "/incidents"];

/** Whether range and filters act on this page. Elsewhere they wait in the address. */
export function hasRange(path: string): boolean {
  return !withoutRange.includes(path);
}

const rangeOnly = ["/system", "/errors"];

/** Whether filters and a comparison act on this page, not only the range. */
export function hasFilters(path: string): boolean {
  return hasRange(path) && !rangeOnly.includes(path);
}

/** What pages take along from one to another: range, comparison and filters, not what is their own. */
export function shared({ id: _id, param: _param, ...view }: View): View {
  const rest: View = view;
  for (const name of textNames) delete rest[name];
  return rest;
}

/** The address as state, and the ways to change it. */
export function useView(): ViewState {
  const view: View = useSearch({ strict: false });
  const filters = useSearch({ strict: false, select: filtersOf, structuralSharing: true });
  const changes = useViewChanges();
  const zone = useZone();
  return useMemo(
    () => ({
      ...changes,
      view,
      range: readRange(view.range, zone),
      compare: view.compare ?? "previous",
      filters,
      filtered: Object.keys(filters).length > 0,
      id: view.id,
    }),
    [view, filters, changes, zone],
  );
}

/** For what changes the address without showing it: it isn't drawn again when the address changes. */
export function useViewChanges(): ViewChanges {
  const navigate = useNavigate();
  const router = useRouter();
  return useMemo(() => {
    const change = (next: (view: View) => View, replace = false) =>
      void navigate({ to: ".", search: next, replace, resetScroll: false });
    return {
      setRange: (code) => change((old) => ({ ...old, range: code })),
      setCompare: (compare) =>
        change(({ compare: _, ...rest }) => (compare === "previous" ? rest : { ...rest, compare })),
      keep: (part) =>
        change((old) => {
          const next = { ...old, ...part };
          for (const name of [...textNames, "param"] as const)
            if (next[name] === undefined) delete next[name];
          return next as View;
        }, true),
      addFilter: (name, value) => {
        if (hasFilters(router.state.location.pathname)) change((old) => withFilter(old, name, value));
        else void navigate({ to: "/predictions", search: (old) => withFilter(shared(old), name, value) });
      },
      removeFilter: (name, value) => change((old) => withoutFilter(old, name, value)),
      clearFilters: () => change(withoutFilters),
      open: (id) =>
        change(
          ({ id: _, ...rest }) => (id === undefined ? rest : { ...rest, id }),
          router.state.location.search.id !== undefined,
        ),
    };
  }, [navigate, router]);
}
