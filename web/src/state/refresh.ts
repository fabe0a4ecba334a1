import { type Query, type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { numbersKey } from "../api/ask";
import { listKey } from "../api/queries";
import { live } from "./live";
import { throttled } from "./throttle";

const leadMs = 80;
const everyMs = 1_000;

/** A list that somebody reads stays as it is; it says itself how much is new. */
function isRenewable({ queryKey }: Query): boolean {
  return queryKey[0] !== listKey[0];
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
    if (event.type === "resync") void client.invalidateQueries({ predicate: isRenewable });
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
