import { type QueryKey, useMutation, useQueryClient } from "@tanstack/react-query";

export const alertsKey = ["alerts"] as const;
export const channelsKey = ["channels"] as const;
export const incidentsKey = ["incidents"] as const;

/** A change on the server, after which everything under `keys` is asked for anew. */
export function useChange<Input, Output>(act: (input: Input) => Promise<Output>, ...keys: QueryKey[]) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: act,
    onSuccess: async () => {
      await Promise.all(keys.map((queryKey) => client.invalidateQueries({ queryKey })));
    },
  });
}

/** A path with the parameters that have a value. */
export function pathOf(path: string, params: Record<string, string | number | null | undefined>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    if (value !== null && value !== undefined && value !== "") query.set(name, String(value));
  }
  const text = query.toString();
  return text === "" ? path : `${path}?${text}`;
}
