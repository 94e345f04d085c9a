// The engines are built by wasm-bindgen into `../engines/`; their types are those of `engine.ts`,
// so that this package can be checked before the engines are built.
declare module "*/engines/gpu/agff.js" {
  const engine: import("./engine.js").EngineModule;
  export default engine.default;
  export const Engine: typeof engine.Engine;
  export const setPanicHandler: typeof engine.setPanicHandler;
}
declare module "*/engines/cpu/agff.js" {
  const engine: import("./engine.js").EngineModule;
  export default engine.default;
  export const Engine: typeof engine.Engine;
  export const setPanicHandler: typeof engine.setPanicHandler;
}
