import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getJson, send } from "./client";

export interface Demo {
  state: "absent" | "preparing" | "ready" | "failed";
  /** 0 to 1. */
  progress: number | null;
  url: string | null;
  problem: string | null;
}

const key = ["demo"];
const pollMs = 500;

/** The demonstration beside the installation: its state, and what prepares it. */
export function useDemo() {
  const client = useQueryClient();
  const demo = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => getJson<Demo>("/api/v1/demo", signal),
    refetchInterval: ({ state }) => (state.data?.state === "preparing" ? pollMs : false),
  });
  const prepare = useMutation({
    mutationFn: () => send<Demo>("/api/v1/demo", { method: "POST" }),
    onSuccess: (state) => client.setQueryData(key, state),
  });
  return { demo: demo.data, problem: demo.error ?? prepare.error, prepare: () => prepare.mutate() };
}
