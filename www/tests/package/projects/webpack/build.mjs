// webpack's own API: its command line asks for a newer Node.
import { fileURLToPath } from "node:url";
import webpack from "webpack";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

webpack(
  {
    mode: "production",
    context: here("."),
    // tsc has checked the types and left JavaScript.
    entry: "./compiled/main.js",
    output: { path: here("dist"), publicPath: "auto" },
  },
  (error, stats) => {
    console.log(error ?? stats.toString());
    if (error || stats.hasErrors()) process.exitCode = 1;
  },
);
