/**
 * What a WASM file that still has its names consists of, by crate: a function counts for the crate in
 * its name, so generic code counts for the crate that defines it.
 */

const ROWS = 14;

/**
 * The code by crate, the largest first and the small ones together, and the data:
 * `{ name, parts, bytes }`, where `parts` are the functions' bodies.
 */
export function components(wasm) {
  const { code, data, names, imports } = parse(wasm);
  const crates = new Map();
  code.forEach((body, i) => {
    const crate = crateOf(names.get(imports + i) ?? "");
    crates.set(crate, [...(crates.get(crate) ?? []), body]);
  });
  const all = [...crates]
    .map(([name, parts]) => ({ name, parts, bytes: total(parts) }))
    .sort((a, b) => b.bytes - a.bytes);
  const small = all.splice(ROWS);
  if (small.length > 0) {
    const parts = small.flatMap((one) => one.parts);
    all.push({ name: "smaller crates", parts, bytes: total(parts) });
  }
  all.push({ name: "constants and tables", parts: [data], bytes: data.length });
  return all;
}

function total(parts) {
  return parts.reduce((sum, part) => sum + part.length, 0);
}

/** The crate of a function by its symbol. */
function crateOf(symbol) {
  if (symbol.includes("wbindgen") || symbol.includes("__wbg")) return "wasm_bindgen";
  const crate = symbol.startsWith("_R") ? crateOfV0(symbol) : crateOfPath(demangle(symbol));
  return crate ? group(crate) : "without a crate";
}

/** The path of a legacy symbol `_ZN…E`: lengths and names, with escapes for what is no letter. */
function demangle(symbol) {
  if (!symbol.startsWith("_ZN")) return symbol;
  const parts = [];
  for (let at = 3; at < symbol.length && symbol[at] !== "E";) {
    const [digits] = /^\d*/.exec(symbol.slice(at));
    if (digits === "") break;
    at += digits.length;
    parts.push(symbol.slice(at, at + Number(digits)));
    at += Number(digits);
  }
  const escapes = { LT: "<", GT: ">", RF: "&", BP: "*", LP: "(", RP: ")", C: ",", u20: " " };
  return parts
    .join("::")
    .replace(/\$([A-Za-z0-9]+)\$/g, (whole, name) => escapes[name] ?? " ")
    .replace(/\.\./g, "::");
}

/** The crate of the shortest path that a v0 symbol names. */
function crateOfV0(symbol) {
  const match = /C(?:s[0-9a-zA-Z]*_)?(\d+)_?/.exec(symbol);
  if (!match) return undefined;
  const at = match.index + match[0].length;
  return symbol.slice(at, at + Number(match[1]));
}

/** The crate of a readable path: that of the type rather than of a trait or of its destructor. */
function crateOfPath(path) {
  const dropped = /^core::ptr::drop_in_place<(.*)>/.exec(path);
  if (dropped) return crateOfPath(dropped[1]);
  const implementation = /^_?<(.*?) as (.*)/.exec(path);
  if (implementation) {
    const own = crateOfPath(implementation[1]);
    return own && group(own) !== "std" ? own : crateOfPath(implementation[2]);
  }
  return /^[^a-z]*(?:(?:mut|dyn) +)*([a-z][a-z0-9_]*)::/.exec(path)?.[1];
}

function group(crate) {
  if (["core", "alloc", "std", "compiler_builtins", "dlmalloc", "hashbrown"].includes(crate)) {
    return "std";
  }
  for (const family of ["burn", "cubecl", "wgpu", "gemm", "zune", "image", "regex", "serde"]) {
    if (crate === family || crate.startsWith(`${family}_`)) return family;
  }
  return crate.startsWith("cubek") ? "cubecl" : crate;
}

/** The parts of a WASM file that matter here. */
function parse(wasm) {
  let at = 8;
  const result = { code: [], data: Buffer.alloc(0), names: new Map(), imports: 0 };
  while (at < wasm.length) {
    const id = wasm[at++];
    const size = leb();
    const end = at + size;
    if (id === 2) {
      for (let n = leb(); n > 0; n--) {
        at += leb();
        at += leb();
        const kind = wasm[at++];
        if (kind === 0) {
          leb();
          result.imports++;
        } else if (kind === 1) {
          at++;
          limits();
        } else if (kind === 2) {
          limits();
        } else {
          at += 2;
        }
      }
    } else if (id === 10) {
      for (let n = leb(); n > 0; n--) {
        const length = leb();
        result.code.push(wasm.subarray(at, at + length));
        at += length;
      }
    } else if (id === 11) {
      result.data = wasm.subarray(at, end);
    } else if (id === 0 && text() === "name") {
      while (at < end) {
        const kind = wasm[at++];
        const stop = leb() + at;
        if (kind === 1) {
          for (let n = leb(); n > 0; n--) {
            const index = leb();
            result.names.set(index, text());
          }
        }
        at = stop;
      }
    }
    at = end;
  }
  return result;

  function leb() {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = wasm[at++];
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  }
  function limits() {
    const flags = wasm[at++];
    leb();
    if (flags & 1) leb();
  }
  function text() {
    const length = leb();
    at += length;
    return wasm.toString("utf8", at - length, at);
  }
}
