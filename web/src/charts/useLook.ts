import { useComputedColorScheme } from "@mantine/core";
import { useMemo } from "react";
import { accentsOf, useBranding } from "../state/branding";
import { type Palette, palettes } from "../theme";

/** The colours in force. */
export function useLook(): { palette: Palette } {
  const scheme = useComputedColorScheme("light", { getInitialValueInEffect: false });
  const branding = useBranding();
  const palette = useMemo(
    () => ({ ...palettes[scheme], ...accentsOf(branding, scheme) }),
    [branding, scheme],
  );
  return { palette };
}
