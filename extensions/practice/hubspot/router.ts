/** Finds the route of a request; literal segments win over parameters, so `/batch/read` is never taken for an object id. */
interface Addressed {
  readonly method: string;
  readonly path: string;
}

export interface Match<R extends Addressed> {
  readonly route: R;
  readonly params: Readonly<Record<string, string>>;
}

interface Compiled<R> {
  readonly route: R;
  readonly segments: readonly string[];
  readonly parameterCount: number;
}

const isParameter = (segment: string): boolean => segment.startsWith('{') && segment.endsWith('}');

/** Compiles the table once; the finder answers undefined when no template fits. */
export function createRouter<R extends Addressed>(
  routes: readonly R[],
): (method: string, path: string) => Match<R> | undefined {
  const compiled: Compiled<R>[] = routes.map((route) => {
    const segments = route.path.split('/');
    return { route, segments, parameterCount: segments.filter(isParameter).length };
  });
  compiled.sort((a, b) => a.parameterCount - b.parameterCount);
  return (method, path) => {
    const segments = (path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path).split('/');
    for (const candidate of compiled) {
      if (candidate.route.method !== method) continue;
      const params = matchSegments(candidate.segments, segments);
      if (params !== undefined) return { route: candidate.route, params };
    }
    return undefined;
  };
}

function matchSegments(template: readonly string[], actual: readonly string[]): Record<string, string> | undefined {
  if (template.length !== actual.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, segment] of template.entries()) {
    const value = actual[index] ?? '';
    if (!isParameter(segment)) {
      if (segment !== value) return undefined;
      continue;
    }
    const decoded = decodeSegment(value);
    if (decoded === undefined || decoded === '') return undefined;
    params[segment.slice(1, -1)] = decoded;
  }
  return params;
}

function decodeSegment(value: string): string | undefined {
  try {
    return decodeURIComponent(value);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}
