import { type InfiniteData, type Query, type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { numbersKey } from "../api/ask";
import { listKey } from "../api/queries";
import type { Prediction, PredictionPage } from "../api/types";
import { live } from "./live";
import { throttled } from "./throttle";

const leadMs = 80;
const everyMs = 1_000;

/** A list that somebody reads stays as it is; it says itself how much is new. */
function isRenewable({ queryKey }: Query): boolean {
  return queryKey[0] !== listKey[0];
}

/** A label is no new prediction: what is shown of this one is renewed where it stands. */
function showLabel(client: QueryClient, prediction: Prediction): void {
  client.setQueryData(["prediction", prediction.id], prediction);
  client.setQueriesData<InfiniteData<PredictionPage>>(
    { queryKey: listKey },
    (data) =>
      data && {
        ...data,
        pages: data.pages.map((page) => ({
          ...page,
          items: page.items.map((item) => (item.id === prediction.id ? prediction : item)),
        })),
      },
  );
}

/** Asks for the numbers anew whenever predictions arrive; a hidden page catches up when it is seen again. */
export function keepFresh(client: QueryClient): () => void {
  let behind = false;
  const refresh = throttled(
    async () => {
      behind = document.hidden;
      if (!behind) await client.invalidateQueries({ queryKey: numbersKey });
    },
    leadMs,
    everyMs,
  );
  const onVisible = () => {
    if (behind && !document.hidden) refresh();
  };
  let greetings = live.state.greetings;
  const stopWatching = live.watch(() => {
    if (live.state.greetings === greetings) return;
    const returned = greetings > 0;
    greetings = live.state.greetings;
    if (returned) void client.invalidateQueries({ predicate: isRenewable });
  });
  const stopListening = live.listen((event) => {
    if (event.type === "labelled") showLabel(client, event.prediction);
    else if (event.type === "resync") void client.invalidateQueries({ predicate: isRenewable });
    else refresh();
  });
  document.addEventListener("visibilitychange", onVisible);
  return () => {
    stopWatching();
    stopListening();
    document.removeEventListener("visibilitychange", onVisible);
  };
}

export function useKeepFresh(): void {
  const client = useQueryClient();
  useEffect(() => keepFresh(client), [client]);
}
