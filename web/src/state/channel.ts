import type {
  Channel,
  ChannelField,
  ChannelKind,
  ChannelValue,
  Delivery,
  NewChannel,
  SecretState,
} from "../api/channels";
import { listOf } from "./routing";

export const kindWords: Record<ChannelKind, string> = {
  email: "E-mail",
  slack: "Slack",
  teams: "Microsoft Teams",
  pagerduty: "PagerDuty",
  webhook: "Webhook",
  sns: "AWS SNS",
};

export const deliveryStates: Record<
  Delivery["state"],
  { label: string; tone: "ok" | "warning" | "critical" | "quiet" }
> = {
  waiting: { label: "Waiting", tone: "quiet" },
  sending: { label: "Sending", tone: "quiet" },
  delivered: { label: "Delivered", tone: "ok" },
  failed: { label: "Failed, trying again", tone: "warning" },
  given_up: { label: "Given up", tone: "critical" },
};

export const momentWords: Record<Delivery["moment"], string> = {
  trigger: "it began or goes on",
  acknowledge: "acknowledged",
  resolve: "it ended",
  test: "a test",
};

export function isSecret(value: ChannelValue | SecretState | undefined): value is SecretState {
  return typeof value === "object" && value !== null && !Array.isArray(value) && "is_set" in value;
}

/** What the form's fields hold: text as typed, or yes and no. */
export type Typed = Record<string, string | boolean>;

/** The fields of a kind as the form begins with them. A secret always begins empty: it is never shown. */
export function typedOf(fields: ChannelField[], channel: Channel | null): Typed {
  const typed: Typed = {};
  for (const { name, kind, is_secret, default: usual } of fields) {
    const stored = channel?.settings[name];
    const value = is_secret || isSecret(stored) ? null : (stored ?? usual);
    if (kind === "boolean") typed[name] = value === true;
    else typed[name] = Array.isArray(value) ? value.join(", ") : value == null ? "" : String(value);
  }
  return typed;
}

/** What is sent: numbers as numbers, lists as lists; what is left empty is left out, so a secret stays as it is. */
export function settingsOf(fields: ChannelField[], typed: Typed): NewChannel["settings"] {
  const settings: NewChannel["settings"] = {};
  for (const { name, kind } of fields) {
    const value = typed[name];
    if (typeof value === "boolean") settings[name] = value;
    else if (value === undefined || value.trim() === "") continue;
    else if (kind === "list") settings[name] = listOf(value);
    else if (kind === "number" && Number.isFinite(Number(value))) settings[name] = Number(value);
    else settings[name] = value.trim();
  }
  return settings;
}

/** The required fields that say nothing, and no stored secret stands in for. */
export function missingFields(fields: ChannelField[], typed: Typed, channel: Channel | null): string[] {
  return fields
    .filter(({ name, required }) => {
      const stored = channel?.settings[name];
      return required && typed[name] === "" && !(isSecret(stored) && stored.is_set);
    })
    .map(({ label }) => label);
}
