import { useNavigate, useRouter, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import type { Filters } from "../api/types";
import {
  type FilterName,
  filtersOf,
  type RangeChoice,
  readRange,
  type View,
  withFilter,
  withoutFilter,
  withoutFilters,
} from "./search";

export interface ViewState {
  range: RangeChoice;
  filters: Filters;
  filtered: boolean;
  /** The opened prediction. */
  id: string | undefined;
  setRange: (code: string) => void;
  addFilter: (name: FilterName, value: string) => void;
  removeFilter: (name: FilterName, value: string) => void;
  clearFilters: () => void;
  open: (id: string | undefined) => void;
}

/** Whether range and filters act on this page. Elsewhere they wait in the address. */
export function hasRange(path: string): boolean {
  return path !== "/analyse";
}

/** The address as state, and the only ways to change it. */
export function useView(): ViewState {
  const view: View = useSearch({ strict: false });
  const navigate = useNavigate();
  const router = useRouter();
  return useMemo(() => {
    const change = (next: (view: View) => View, replace = false) =>
      void navigate({ to: ".", search: next, replace, resetScroll: false });
    const filters = filtersOf(view);
    return {
      range: readRange(view.range),
      filters,
      filtered: Object.keys(filters).length > 0,
      id: view.id,
      setRange: (code) => change((old) => ({ ...old, range: code })),
      addFilter: (name, value) => {
        if (hasRange(router.state.location.pathname)) change((old) => withFilter(old, name, value));
        else
          void navigate({ to: "/predictions", search: ({ id: _, ...old }) => withFilter(old, name, value) });
      },
      removeFilter: (name, value) => change((old) => withoutFilter(old, name, value)),
      clearFilters: () => change(withoutFilters),
      open: (id) =>
        change(({ id: _, ...rest }) => (id === undefined ? rest : { ...rest, id }), view.id !== undefined),
    };
  }, [view, navigate, router]);
}
