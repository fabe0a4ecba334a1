import { useMutation, useQueryClient } from "@tanstack/react-query";
import { postJson } from "./client";
import type { Prediction } from "./types";

export interface NewLabel {
  /** Null withdraws the label. */
  label: "real" | "fake" | null;
  reason: string | null;
}

/** Stores the truth about one prediction, as somebody who picked this case. */
export function useLabel(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (label: NewLabel) =>
      postJson<Prediction>(`/api/v1/predictions/${encodeURIComponent(id)}/label`, {
        ...label,
        origin: "chosen",
      }),
    onSuccess: (prediction) => client.setQueryData(["prediction", id], prediction),
  });
}
