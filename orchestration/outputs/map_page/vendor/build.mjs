// Builds echarts.min.js, its licences and SHA256SUMS anew: `npm ci && npm run build` in this folder.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { build } from "esbuild";

const packages = "node_modules";
const { version } = JSON.parse(readFileSync(`${packages}/echarts/package.json`, "utf8"));
const texts = {
  NOTICE: `${packages}/echarts/NOTICE`,
  LICENSE: `${packages}/echarts/LICENSE`,
  "LICENSE-zrender": `${packages}/zrender/LICENSE`,
  "LICENSE-d3": `${packages}/echarts/licenses/LICENSE-d3`,
  "LICENSE-tslib": `${packages}/tslib/LICENSE.txt`,
};

const notices = [`Apache ECharts ${version}, the parts that the map page uses.`];
for (const [name, path] of Object.entries(texts)) {
  const text = readFileSync(path, "utf8").replaceAll("\r\n", "\n").replaceAll(/[ \t]+$/gm, "").trim();
  writeFileSync(name, `${text}\n`);
  notices.push(text);
}

await build({
  entryPoints: ["entry.mjs"],
  outfile: "echarts.min.js",
  bundle: true,
  minify: true,
  format: "iife",
  globalName: "echarts",
  target: "es2020",
  legalComments: "none",
  // The licences travel with the code: the page that holds it is passed on alone.
  banner: { js: `/*!\n${notices.join("\n\n").replaceAll("*/", "* /")}\n*/` },
});

const files = ["echarts.min.js", ...Object.keys(texts)];
const sums = files.map((name) => `${createHash("sha256").update(readFileSync(name)).digest("hex")}  ${name}\n`);
writeFileSync("SHA256SUMS", sums.join(""));
