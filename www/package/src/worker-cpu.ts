/**
 * The worker with the CPU engine. Each engine has a worker file of its own, which imports all it needs
 * statically: then no bundler has to split a worker's code, which some cannot.
 */

import { engine } from "./engine-cpu.js";
import { serve } from "./worker.js";

serve(engine);
