/** The worker with the CPU engine of several threads, for pages that are cross-origin isolated. */

import { engine } from "./engine-cpu-threads.js";
import { serve } from "./worker.js";

serve(engine);
