/** Every method of every service that the wire defines. */
import * as wire from "../../../src/wire/index.ts";

export interface MethodName {
  /** `/package.Service/Method`. */
  readonly path: string;
  readonly service: string;
  readonly isStream: boolean;
}

interface ServiceDefinition {
  readonly fullName: string;
  readonly methods: Readonly<
    Record<string, { name: string; requestStream: boolean; responseStream: boolean }>
  >;
}

export const methods: readonly MethodName[] = Object.values<unknown>(wire)
  .filter(isService)
  .flatMap(({ fullName, methods: byKey }) =>
    Object.values(byKey).map(({ name, requestStream, responseStream }) => ({
      path: `/${fullName}/${name}`,
      service: fullName,
      isStream: requestStream || responseStream,
    })),
  );

function isService(value: unknown): value is ServiceDefinition {
  return typeof value === "object" && value !== null && "fullName" in value && "methods" in value;
}
