import { useQuery } from "@tanstack/react-query";
import { heal } from "./ask";
import { alertsKey, channelsKey, pathOf, useChange } from "./changes";
import { getJson, writeJson } from "./client";
import { usePages } from "./pages";

export type ChannelKind = "email" | "slack" | "teams" | "pagerduty" | "webhook" | "sns";

/** A secret as it is shown: whether there is one and where it is kept, never what it is. */
export interface SecretState {
  is_set: boolean;
  from: "database" | "environment" | "file" | null;
}

export type ChannelValue = string | number | boolean | string[] | null;

export interface ChannelField {
  name: string;
  label: string;
  help: string;
  is_secret: boolean;
  required: boolean;
  default: ChannelValue;
  kind: "text" | "url" | "number" | "list" | "boolean";
  /** All that is accepted, when it is a choice. */
  choices: string[] | null;
}

export interface KindOfChannel {
  kind: ChannelKind;
  label: string;
  help: string;
  fields: ChannelField[];
}

export interface ChannelKinds {
  kinds: KindOfChannel[];
}

export interface Delivery {
  id: string;
  channel: string;
  /** Null when the channel is gone. */
  kind: string | null;
  title: string;
  moment: "trigger" | "acknowledge" | "resolve" | "test";
  state: "waiting" | "sending" | "delivered" | "failed" | "given_up";
  attempts: number;
  created_at: string;
  next_attempt_at: string | null;
  delivered_at: string | null;
  /** What the receiver answered. */
  answer: string | null;
  error: string | null;
  /** The delivery it stands in for. */
  fallback_of: string | null;
}

export interface DeliveryPage {
  items: Delivery[];
  next_cursor: string | null;
}

export interface Channel {
  name: string;
  kind: ChannelKind;
  settings: Record<string, ChannelValue | SecretState>;
  /** The channel that takes over when this one gives up. */
  fallback: string | null;
  enabled: boolean;
  disabled_reason: string | null;
  fixed_by: string | null;
  /** Its receiver is down; the next attempt is then. */
  paused_until: string | null;
  last_delivery: Delivery | null;
}

export interface ChannelPage {
  items: Channel[];
  next_cursor: string | null;
}

export interface NewChannel {
  name: string;
  kind: ChannelKind;
  settings: Record<string, ChannelValue>;
  fallback: string | null;
  enabled: boolean;
}

/** What replaces a channel's settings: a secret that is left out stays, and without settings all of them do. */
export interface ChannelChange {
  settings?: NewChannel["settings"];
  fallback: string | null;
  enabled: boolean;
}

const path = "/api/v1/channels";
const pathTo = (name: string, act = "") => `${path}/${encodeURIComponent(name)}${act}`;

export function useChannels() {
  return useQuery({
    queryKey: [...channelsKey, "list"],
    queryFn: ({ signal }) => getJson<ChannelPage>(path, signal),
    refetchInterval: heal(10_000),
  });
}

export function useChannelKinds() {
  return useQuery({
    queryKey: [...channelsKey, "kinds"],
    queryFn: ({ signal }) => getJson<ChannelKinds>(`${path}/kinds`, signal),
    staleTime: Number.POSITIVE_INFINITY,
    refetchInterval: heal(false),
  });
}

export function useDeliveries(filter: { channel?: string | undefined; state?: string | undefined }) {
  return usePages<DeliveryPage>({
    key: [...channelsKey, "deliveries", filter],
    path: (cursor) => pathOf("/api/v1/deliveries", { ...filter, limit: 50, cursor }),
    everyMs: 5_000,
  });
}

export function useCreateChannel() {
  return useChange(
    (channel: NewChannel) => writeJson<Channel>("POST", path, channel),
    channelsKey,
    alertsKey,
  );
}

export function useStoreChannel(name: string) {
  return useChange(
    (change: ChannelChange) => writeJson<Channel>("PUT", pathTo(name), change),
    channelsKey,
    alertsKey,
  );
}

export function useDeleteChannel() {
  return useChange((name: string) => writeJson<null>("DELETE", pathTo(name)), channelsKey, alertsKey);
}

export function useEnableChannel() {
  return useChange((name: string) => writeJson<Channel>("POST", pathTo(name, "/enable")), channelsKey);
}

/** Sends a test now and answers with what became of it. */
export function useTestChannel() {
  return useChange((name: string) => writeJson<Delivery>("POST", pathTo(name, "/test")), channelsKey);
}
