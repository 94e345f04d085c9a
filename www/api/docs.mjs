/**
 * Writes docs/api.md, the reference of the npm package, from its types and their comments. Fails when
 * something public has no comment, or when a comment links to what is not public.
 *
 *     node docs.mjs [--check]
 */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Application, ReflectionKind } from "typedoc";
import { MarkdownTheme, MarkdownThemeContext } from "typedoc-plugin-markdown";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const file = here("../../docs/api.md");
const folder = mkdtempSync(join(tmpdir(), "agff-api-"));

/** What the signature says need not be said again below it. */
class Theme extends MarkdownTheme {
  getRenderContext(page) {
    const context = new MarkdownThemeContext(this, page, this.application.options);
    context.partials.signatureReturns = () => "";
    context.partials.inheritance = () => "";
    return context;
  }
}

const app = await Application.bootstrapWithPlugins({
  entryPoints: ["index", "photo", "nano"].map((name) => here(`../package/src/${name}.ts`)),
  tsconfig: here("../package/tsconfig.json"),
  plugin: ["typedoc-plugin-markdown"],
  out: folder,
  readme: "none",
  logLevel: "Warn",
  disableSources: true,
  excludePrivate: true,
  excludeExternals: true,
  sort: ["source-order"],
  // Everything of a module on one page, in tables where that is shorter.
  outputFileStrategy: "modules",
  hidePageHeader: true,
  hideBreadcrumbs: true,
  hideGroupHeadings: true,
  expandParameters: true,
  parametersFormat: "none",
  interfacePropertiesFormat: "table",
  typeDeclarationFormat: "table",
  propertyMembersFormat: "table",
  tableColumnSettings: {
    hideInherited: true,
    hideOverrides: true,
    hideDefaults: true,
    hideModifiers: true,
  },
  validation: { notExported: true, invalidLink: true, notDocumented: true },
  treatValidationWarningsAsErrors: true,
});
app.renderer.defineTheme("agff", Theme);
app.options.setValue("theme", "agff");

const project = await app.convert();
if (!project) process.exit(1);
app.validate(project);
if (app.logger.hasErrors() || app.logger.hasWarnings()) process.exit(1);
await app.generateOutputs(project);
const modules = project.getChildrenByKind(ReflectionKind.Module);
const pages = modules.map(({ name }) => readFileSync(join(folder, `${name}.md`), "utf8"));
const body = tidy(pages.join("\n"));
const text = `# The API of the npm package

<!-- Made by \`make api\` from the comments in www/package/src. -->

${contents(body)}

${body}`;
rmSync(folder, { recursive: true });

if (!process.argv.includes("--check")) {
  writeFileSync(file, text);
} else if (text !== readFileSync(file, "utf8")) {
  console.error("error: docs/api.md is not up to date; run: make api");
  process.exit(1);
}

/** All modules on one page, without headings and anchors that nobody needs. */
function tidy(markdown) {
  const linked = new Set([...markdown.matchAll(/\]\([^)#]*#([^)]+)\)/g)].map(([, to]) => to));
  return markdown
    .replace(/\]\([^)#]*\.md#/g, "](#")
    .replace(/<a id="(.*?)"><\/a> /g, (anchor, name) => (linked.has(name) ? anchor : ""))
    .replace(/^\*\*\*\n\n/gm, "")
    .replace(/^#+ (?:Get|Call) Signature\n\n/gm, "")
    .replace(/^#+ Properties\n\n(?=\|)/gm, "")
    .replace(/^(#+ )/gm, "#$1")
    .replace(/^## (.*)$/gm, "## Module $1");
}

/** Links to the headings of all that is exported. */
function contents(markdown) {
  const met = new Map();
  const links = [];
  for (const [, marks, title] of markdown.matchAll(/^(#+) (.*)$/gm)) {
    const slug = title
      .toLowerCase()
      .replace(/[^a-z0-9 -]/g, "")
      .replaceAll(" ", "-");
    // A heading that comes again is numbered by what shows the page.
    const times = met.get(slug) ?? 0;
    met.set(slug, times + 1);
    if (marks === "###") links.push(`[${title}](#${slug}${times > 0 ? `-${times}` : ""})`);
  }
  return links.join(" ·\n");
}
