// The peers have no types; npm-peers.ts says what it uses of them.
declare module 'quantum-circuit';
declare module 'jsqubits';
