import { createRequire } from "node:module";
import { type GeoPermissibleObjects, geoNaturalEarth1, geoPath } from "d3-geo";
import countries from "i18n-iso-countries";
import { feature } from "topojson-client";
import { presimplify, quantile, simplify } from "topojson-simplify";
import type { GeometryCollection, Topology } from "topojson-specification";
import type { Plugin } from "vite";

const name = "virtual:world";
const width = 960;
const height = 470;
/** Land smaller than this (in square units of the drawing) is also drawn as a dot, or nobody would find it. */
const smallest = 14;

/**
 * The countries as ready-made drawings, made while building: Natural Earth's shapes at 1:50 million (the coarser file
 * lacks Singapore, Malta, Hong Kong and others), simplified, in Natural Earth's own projection, cut at the antimeridian.
 */
export function world(): Plugin {
  return {
    name: "world",
    resolveId: (id) => (id === name ? `\0${name}` : undefined),
    load: (id) => (id === `\0${name}` ? `export default ${JSON.stringify(drawn())};` : undefined),
  };
}

function drawn() {
  const topology = createRequire(import.meta.url)("world-atlas/countries-50m.json") as Topology;
  const weighed = presimplify(topology);
  const simple = simplify(weighed, quantile(weighed, 0.04));
  const shapes = feature(simple, simple.objects.countries as GeometryCollection<{ name: string }>);
  const land = shapes.features.filter(({ id }) => id !== "010");
  const projection = geoNaturalEarth1().fitSize([width, height], {
    type: "FeatureCollection",
    features: land,
  });
  const path = geoPath(projection).digits(1);
  return {
    width,
    height,
    countries: land.flatMap((shape) => {
      const code = countries.numericToAlpha2(String(shape.id ?? ""));
      const outline = path(shape as GeoPermissibleObjects);
      const [x, y] = path.centroid(shape);
      if (!outline && Number.isNaN(x)) return [];
      const dot = path.area(shape) < smallest ? { dot: [round(x), round(y)] } : {};
      return [{ code: code ?? null, name: shape.properties?.name ?? "", path: outline ?? "", ...dot }];
    }),
  };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
