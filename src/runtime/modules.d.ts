/** What an import of a `.wasm` file is where `workerd.ts` and `edge-light.ts` are loaded. */
declare module '*.wasm' {
  const module: WebAssembly.Module;
  export default module;
}
declare module '*.wasm?module' {
  const module: WebAssembly.Module;
  export default module;
}
