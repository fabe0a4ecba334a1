import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { setBranding } from "../state/branding";
import { heal } from "./ask";
import { getJson } from "./client";

/** Whose dashboard this is, and its colour, already fitted so that text can be read. Colours are `#rrggbb`. */
export interface Branding {
  name: string;
  accent: string;
  accent_on_light: string;
  accent_on_dark: string;
  soft_light: string;
  soft_dark: string;
  /** The accent is the product's own; themes have theirs. */
  is_default: boolean;
}

export const brandingKey = ["branding"] as const;
/** The first paint needs the numbers more; a colour known from the last visit is there from the start. */
const patienceMs = 1_000;

/** Asks for the branding once the page has settled, and puts it in force. */
export function useKeepBranding(): void {
  const client = useQueryClient();
  const [settled, setSettled] = useState(false);
  useEffect(() => {
    const timer = window.setInterval(() => {
      if (client.isFetching() > 0) return;
      window.clearInterval(timer);
      setSettled(true);
    }, patienceMs);
    return () => window.clearInterval(timer);
  }, [client]);
  const { data } = useQuery({
    queryKey: brandingKey,
    queryFn: ({ signal }) => getJson<Branding>("/api/v1/branding", signal),
    staleTime: Number.POSITIVE_INFINITY,
    refetchInterval: heal(false),
    enabled: settled,
  });
  useEffect(() => {
    if (data) setBranding(data);
  }, [data]);
}
