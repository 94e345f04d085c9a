import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [react()],
  // The dev server would otherwise move the library away from its worker and its engines.
  optimizeDeps: { exclude: ["agff"] },
});
