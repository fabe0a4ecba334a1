import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Failed, Skeleton } from "./states";

/** Code is fetched when needed, like data: it may fail, and then it is tried again. */
export function useCode<Code extends object>(name: string, load: () => Promise<Code>) {
  return useQuery({
    queryKey: ["code", name],
    queryFn: async () => ({ ...(await load()) }),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: Number.POSITIVE_INFINITY,
    refetchInterval: ({ state }) => (state.status === "error" ? 5_000 : false),
  });
}

interface Props<Code> {
  name: string;
  load: () => Promise<Code>;
  /** What could not be loaded, if it can't. */
  what: string;
  height: number | string;
  children: (code: Code) => ReactNode;
}

/** Gives code that is fetched when needed to what draws with it, once it is there. */
export function Coded<Code extends object>({ name, load, what, height, children }: Props<Code>) {
  const code = useCode(name, load);
  if (code.data) return children(code.data as Code);
  if (code.error) return <Failed what={what} error={code.error} retry={() => void code.refetch()} />;
  return <Skeleton height={height} />;
}

type Charts = typeof import("../charts/drawn");
const loadCharts = () => import("../charts/drawn");

export function Drawn({ height, children }: { height: number; children: (charts: Charts) => ReactNode }) {
  return (
    <Coded name="charts" load={loadCharts} what="The chart" height={height}>
      {children}
    </Coded>
  );
}
