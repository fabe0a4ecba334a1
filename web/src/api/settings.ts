import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { heal } from "./ask";
import { getJson, send } from "./client";
import { statusKey } from "./status";

export type SettingValue = string | number | boolean | null | string[];

export interface Setting {
  name: string;
  description: string;
  type: "integer" | "number" | "money" | "text" | "choice" | "list" | "path";
  unit: string | null;
  value: SettingValue;
  default: SettingValue;
  source: "default" | "stored" | "file" | "environment";
  /** The file or variable that sets it. */
  where: string | null;
  is_fixed: boolean;
  is_editable: boolean;
  why_not: string | null;
  accepted: string | null;
  choices: string[] | null;
  is_secret: boolean;
  updated_at: string | null;
  updated_by: string | null;
}

export interface Settings {
  sections: { name: string; label: string; settings: Setting[] }[];
}

const key = ["settings"];

export function useSettings() {
  return useQuery({
    queryKey: key,
    queryFn: ({ signal }) => getJson<Settings>("/api/v1/settings", signal),
    refetchInterval: heal(false),
  });
}

/** Stores a value, or goes back to the default when there is none. */
export function useStoreSetting(name: string) {
  const client = useQueryClient();
  const path = `/api/v1/settings/${encodeURIComponent(name)}`;
  return useMutation({
    mutationFn: (value: SettingValue | undefined) =>
      value === undefined
        ? send<Setting>(path, { method: "DELETE" })
        : send<Setting>(path, {
            method: "PUT",
            body: JSON.stringify({ value }),
            headers: { "Content-Type": "application/json" },
          }),
    onSuccess: (stored) => {
      if (stored.name.startsWith("branding.")) void client.invalidateQueries({ queryKey: statusKey });
      client.setQueryData<Settings>(
        key,
        (old) =>
          old && {
            sections: old.sections.map((section) => ({
              ...section,
              settings: section.settings.map((one) => (one.name === stored.name ? stored : one)),
            })),
          },
      );
    },
  });
}
