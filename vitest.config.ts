import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';

const chromium = process.env['PLAQUETTE_BROWSER'];

/** `node`: everything next to the code. `browser`: *.browser.test.ts on a real Chromium, cross-origin isolated, with WGSL. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'node',
          environment: 'node',
          include: ['**/*.test.ts'],
          exclude: ['**/*.browser.test.ts', 'node_modules/**', 'dist/**', 'e2e/**'],
          testTimeout: 60_000,
          // The default leaves one core idle, which on two cores is half of the machine.
          maxWorkers: '100%',
        },
      },
      {
        // Found at the first import otherwise, which reloads the page in the middle of a test.
        optimizeDeps: {
          include: [
            '@huggingface/tokenizers',
            '@noble/ciphers/aes.js',
            '@noble/hashes/hkdf.js',
            '@noble/hashes/hmac.js',
            '@noble/hashes/sha2.js',
            '@noble/post-quantum/hybrid.js',
            '@noble/post-quantum/ml-dsa.js',
            'cborg',
            'comlink',
            'idb',
          ],
        },
        server: {
          headers: {
            'Cross-Origin-Opener-Policy': 'same-origin',
            'Cross-Origin-Embedder-Policy': 'require-corp',
          },
        },
        test: {
          name: 'browser',
          include: ['**/*.browser.test.ts'],
          exclude: ['node_modules/**', 'dist/**', 'e2e/**'],
          testTimeout: 60_000,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({
              launchOptions: {
                ...(chromium === undefined ? {} : { executablePath: chromium }),
                args: [
                  '--no-sandbox',
                  '--disable-quic',
                  '--no-first-run',
                  '--disable-background-networking',
                  '--disable-component-update',
                  '--disable-sync',
                  '--enable-unsafe-webgpu',
                  '--use-webgpu-adapter=swiftshader',
                ],
              },
            }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
    ],
  },
});
