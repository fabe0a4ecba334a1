import { useComputedColorScheme } from "@mantine/core";
import { useReducedMotion } from "@mantine/hooks";
import { useMemo } from "react";
import { accentsOf, useBranding } from "../state/branding";
import { type Palette, palettes } from "../theme";

/** The colours in force, and whether motion is unwanted. */
export function useLook(): { palette: Palette; still: boolean } {
  const scheme = useComputedColorScheme("light", { getInitialValueInEffect: false });
  const still = useReducedMotion();
  const branding = useBranding();
  const palette = useMemo(
    () => ({ ...palettes[scheme], ...accentsOf(branding, scheme) }),
    [branding, scheme],
  );
  return { palette, still: still === true };
}
