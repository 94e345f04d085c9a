/**
 * The one error type of the package, with the same codes as the Rust crate and the command line, and
 * how an error crosses between a page and its worker.
 */

/** What kind of failure an {@link AgffError} is. The strings never change; new ones may be added. */
export type AgffErrorCode =
  | "io"
  | "fetch"
  | "image-format"
  | "image-corrupt"
  | "image-empty"
  | "image-too-large"
  | "image-aspect"
  | "package-manifest"
  | "package-version"
  | "package-family"
  | "package-file-missing"
  | "package-truncated"
  | "package-hash"
  | "package-tensor"
  | "package-not-finite"
  | "config"
  | "tokenizer"
  | "input"
  | "no-gpu"
  | "device-lost"
  | "aborted"
  | "embedding"
  | "index"
  | "index-model"
  | "data"
  | "recipe"
  | "checkpoint"
  | "diverged"
  | "internal"
  // Of the browser only:
  | "quota"
  | "memory"
  | "worker-start"
  | "worker-silent"
  | (string & {});

/** A failure: what kind, what it is about, and what to do. */
export class AgffError extends Error {
  /** `"AgffError"`, also where `instanceof` fails because the library was loaded twice. */
  override readonly name = "AgffError";
  /** The stable code. */
  readonly code: AgffErrorCode;
  /** The file, URL, tensor or input that the error is about; may be empty. */
  readonly subject: string;

  /** Errors are the library's to make; this is for tests of code that handles them. */
  constructor(code: AgffErrorCode, subject: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.subject = subject;
  }
}

/** Makes an {@link AgffError} of whatever was thrown; the engine throws `{ code, subject, message }`. */
export function toAgffError(thrown: unknown, subject = ""): AgffError {
  if (thrown instanceof AgffError) return thrown;
  if (thrown instanceof DOMException && thrown.name === "AbortError") {
    return new AgffError("aborted", subject, "stopped by the caller", thrown);
  }
  if (typeof thrown === "object" && thrown !== null && "code" in thrown) {
    const error = thrown as {
      code: unknown;
      subject?: unknown;
      message?: unknown;
      cause?: unknown;
    };
    if (typeof error.code === "string") {
      return new AgffError(
        error.code,
        typeof error.subject === "string" && error.subject !== "" ? error.subject : subject,
        typeof error.message === "string" ? error.message : error.code,
        error.cause ?? thrown,
      );
    }
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new AgffError("internal", subject, message, thrown);
}

/** Throws an `aborted` {@link AgffError} if `signal` has fired. */
export function throwIfAborted(signal: AbortSignal | undefined, subject = ""): void {
  if (signal?.aborted) {
    throw new AgffError("aborted", subject, "stopped by the caller", signal.reason);
  }
}

/** The error for a call of a model that was disposed of. */
export function disposedOf(): AgffError {
  return new AgffError("input", "", "this model was disposed of; load it again");
}

/** An error as it crosses to another thread, where only plain values arrive whole. */
export interface PlainError {
  code: string;
  subject: string;
  message: string;
  /** The cause in words. */
  cause: string | undefined;
}

/** Takes an error apart for the other thread. */
export function toPlain(thrown: unknown, about = ""): PlainError {
  const { code, subject, message, cause } = toAgffError(thrown, about);
  const why = cause instanceof Error ? cause.message : String(cause ?? "");
  return { code, subject, message, cause: why || undefined };
}

/** Puts it together again. */
export function fromPlain({ code, subject, message, cause }: PlainError): AgffError {
  return new AgffError(code, subject, message, cause);
}
