// Node has WebAssembly; @types/node 20 does not say so, and the DOM library would let window into the command line.

declare namespace WebAssembly {
  type Module = object;
  function compile(bytes: Uint8Array): Promise<Module>;
}
