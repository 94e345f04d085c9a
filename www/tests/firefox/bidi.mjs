/**
 * Drives Debian's own Firefox over WebDriver BiDi: just enough of the protocol for a smoke test,
 * because Playwright drives only a Firefox of its own.
 */

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import WebSocket from "ws";

// A test does not ask the network for anything but its own server.
const PREFERENCES = {
  "app.normandy.enabled": false,
  "app.update.disabledForTesting": true,
  "browser.shell.checkDefaultBrowser": false,
  "browser.startup.homepage_override.mstone": "ignore",
  "datareporting.policy.dataSubmissionEnabled": false,
  "extensions.update.enabled": false,
  "messaging-system.rsexperimentloader.enabled": false,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "services.settings.server": "data:,#remote-settings-dummy/v1",
  "toolkit.telemetry.server": "",
};

/** Starts Firefox with an empty profile; `close` ends it and removes the profile. */
export async function startFirefox(binary = process.env.FIREFOX ?? "firefox-esr") {
  const profile = mkdtempSync(join(tmpdir(), "agff-firefox-"));
  const lines = Object.entries(PREFERENCES).map(
    ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`,
  );
  writeFileSync(join(profile, "user.js"), lines.join(""));
  const child = spawn(
    binary,
    ["--headless", "--no-remote", "--profile", profile, "--remote-debugging-port", "0"],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  const exited = new Promise((resolve) => child.once("exit", resolve));
  const close = async () => {
    child.kill();
    await exited;
    rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  };
  try {
    const url = await new Promise((resolve, reject) => {
      let output = "";
      const timer = setTimeout(() => reject(new Error(`no answer in 60 s:\n${output}`)), 60_000);
      child.once("error", reject);
      child.once("exit", (code) => reject(new Error(`it ended with ${code}:\n${output}`)));
      child.stderr.on("data", (data) => {
        output += data;
        const match = /WebDriver BiDi listening on (ws:\S+)/.exec(output);
        if (!match) return;
        clearTimeout(timer);
        resolve(`${match[1]}/session`);
      });
    });
    return { session: await Session.connect(url), close };
  } catch (error) {
    await close();
    throw new Error(`${binary} could not be started: ${error.message}`);
  }
}

/** One page and what it logs. */
class Session {
  #socket;
  #next = 1;
  #waiting = new Map();
  #context;
  /** Errors that the page has logged or not caught. */
  errors = [];

  static async connect(url) {
    const session = new Session();
    session.#socket = new WebSocket(url);
    await new Promise((resolve, reject) => {
      session.#socket.once("open", resolve);
      session.#socket.once("error", reject);
    });
    session.#socket.on("message", (data) => session.#receive(JSON.parse(data)));
    await session.#send("session.new", { capabilities: {} });
    await session.#send("session.subscribe", { events: ["log.entryAdded"] });
    const { contexts } = await session.#send("browsingContext.getTree", {});
    session.#context = contexts[0].context;
    return session;
  }

  goto(url) {
    const parameters = { context: this.#context, url, wait: "complete" };
    return this.#send("browsingContext.navigate", parameters);
  }

  /** The value of an expression in the page, through JSON. */
  async evaluate(expression) {
    const { type, result, exceptionDetails } = await this.#send("script.evaluate", {
      expression: `(async () => JSON.stringify(await (${expression})) ?? "null")()`,
      target: { context: this.#context },
      awaitPromise: true,
    });
    if (type === "exception") throw new Error(exceptionDetails.text);
    return JSON.parse(result.value);
  }

  /** Waits until an expression is true in the page. */
  async until(expression, milliseconds = 120_000) {
    const end = Date.now() + milliseconds;
    while (!(await this.evaluate(expression))) {
      if (Date.now() > end) throw new Error(`not so after ${milliseconds} ms: ${expression}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  /** Puts files into a file input. */
  async setFiles(selector, files) {
    const { nodes } = await this.#send("browsingContext.locateNodes", {
      context: this.#context,
      locator: { type: "css", value: selector },
    });
    const element = { sharedId: nodes[0].sharedId };
    await this.#send("input.setFiles", { context: this.#context, element, files });
  }

  #send(method, params) {
    const id = this.#next++;
    this.#socket.send(JSON.stringify({ id, method, params }));
    return new Promise((resolve, reject) => this.#waiting.set(id, { method, resolve, reject }));
  }

  #receive(message) {
    if (message.type === "event") {
      const { level, text } = message.params;
      if (message.method === "log.entryAdded" && level === "error") this.errors.push(text);
      return;
    }
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.type === "success") waiting?.resolve(message.result);
    else waiting?.reject(new Error(`${waiting.method}: ${message.message}`));
  }
}
