import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { setBranding } from "../state/branding";
import { useStatus } from "./status";

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
  const branding = useStatus(settled, false).data?.branding;
  useEffect(() => {
    if (branding) setBranding(branding);
  }, [branding]);
}
