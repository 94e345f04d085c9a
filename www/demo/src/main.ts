/**
 * The page: puts its parts together.
 *
 * `?device=cpu`, `?device=gpu` and `?model=URL` choose another device or package for this visit, and
 * `?sw=off` does without the service worker.
 */

import { App } from "./app";

new App(new URLSearchParams(location.search)).start();
