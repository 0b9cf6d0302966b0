import tseslint from "typescript-eslint";
import { defineConfig } from "eslint/config";
import architecture from "./architecture.cjs";

const ambient = [
  "Date",
  "performance",
  "setTimeout",
  "setInterval",
  "setImmediate",
  "queueMicrotask",
  "process",
  "Buffer",
  "crypto",
  "fetch",
  "Intl",
  "WeakRef",
  "FinalizationRegistry",
];

export default defineConfig(
  { ignores: ["dist/", "src/wire/gen/", "**/*.js", "**/*.cjs"] },
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: `${import.meta.dirname}/../..` },
    },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/explicit-module-boundary-types": "error",
      "@typescript-eslint/require-array-sort-compare": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-floating-promises": [
        "error",
        {
          allowForKnownSafeCalls: [
            { from: "package", name: ["test", "it", "describe"], package: "vitest" },
          ],
        },
      ],
      "no-console": "error",
      eqeqeq: "error",
    },
  },
  {
    // A terminal is what these write to.
    files: ["src/cli/**/*.ts", "scripts/**/*.ts"],
    rules: { "no-console": "off" },
  },
  {
    // Tests reach into fixtures that they have just built: an absent element is a failing test, not a hazard.
    files: ["test/**/*.ts"],
    rules: { "@typescript-eslint/no-non-null-assertion": "off" },
  },
  {
    files: [...architecture.pure.map((module) => `${module}/**/*.ts`), "**/core/**/*.ts"],
    ignores: ["**/*.test.ts", "**/adapters/**", "test/**"],
    rules: {
      "no-restricted-globals": ["error", ...ambient],
      "no-restricted-properties": [
        "error",
        { object: "Math", property: "random", message: "Take Random as a port." },
      ],
      "no-restricted-syntax": [
        "error",
        {
          selector: "AwaitExpression, :function[async=true]",
          message: "Core code is synchronous: return effects and let the driver await.",
        },
      ],
    },
  },
);
