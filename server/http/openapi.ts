/** OpenAPI 3.1, made from the routes themselves: what is described is what is checked. */
import { z } from 'zod';
import { problem } from '../../app/wire/problem.ts';
import { REQUEST_HEADER } from '../../app/wire/workspace.ts';
import type { Route } from './route.ts';

type Json = Readonly<Record<string, unknown>>;

const schemaOf = (schema: z.ZodType, io: 'input' | 'output'): Json => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any', target: 'draft-2020-12' });
  return rest;
};

export function openApiDocument(routes: readonly Route[], serverUrl: string): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of routes) {
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method]: operationOf(route) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Counterpart', version: '1', description: 'Contracts, their CRM records and their service levels.' },
    servers: [{ url: serverUrl }],
    paths,
    components: {
      schemas: { Problem: schemaOf(problem, 'output') },
      securitySchemes: {
        card: {
          type: 'apiKey',
          in: 'header',
          name: 'X-HubSpot-Signature-v3',
          description:
            'Signed by HubSpot (v3) over method, address, body and timestamp; portal and user are query parameters.',
        },
        session: { type: 'apiKey', in: 'cookie', name: 'counterpart-session' },
      },
    },
  };
}

function operationOf(route: Route): Json {
  return {
    operationId: route.operationId,
    summary: route.summary,
    tags: [route.access === 'card' ? 'card' : 'workspace'],
    security: [route.access === 'card' ? { card: [] } : { session: [] }],
    ...(route.access === 'card' ? {} : { 'x-least-role': route.access }),
    parameters: parametersOf(route),
    ...requestBodyOf(route),
    responses: {
      ...answerOf(route),
      default: {
        description: 'A problem document (RFC 9457)',
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    },
  };
}

function parametersOf(route: Route): readonly Json[] {
  const named = (schema: z.ZodType | undefined, place: 'path' | 'query'): readonly Json[] => {
    if (schema === undefined) return [];
    const { properties, required } = schemaOf(schema, 'input');
    const needed = Array.isArray(required) ? required : [];
    return Object.entries(properties ?? {}).map(([name, item]: [string, unknown]) => ({
      name,
      in: place,
      required: place === 'path' || needed.includes(name),
      schema: item,
    }));
  };
  const isUnsafe = route.access !== 'card' && route.method !== 'get';
  const header = { name: REQUEST_HEADER.name, in: 'header', required: true, schema: { const: REQUEST_HEADER.value } };
  return [...named(route.params, 'path'), ...named(route.query, 'query'), ...(isUnsafe ? [header] : [])];
}

function requestBodyOf(route: Route): Json {
  if (route.upload !== undefined) {
    const content = Object.fromEntries(
      route.upload.mediaTypes.map((type) => [type, { schema: { type: 'string', format: 'binary' } }]),
    );
    return { requestBody: { required: true, content } };
  }
  if (route.body === undefined) return {};
  return {
    requestBody: { required: true, content: { 'application/json': { schema: schemaOf(route.body, 'input') } } },
  };
}

function answerOf(route: Route): Json {
  if (route.stream !== undefined) {
    return { '200': { description: route.summary, content: { [route.stream.mediaType]: {} } } };
  }
  if (route.response === undefined) return { '204': { description: 'Done' } };
  const content = { 'application/json': { schema: schemaOf(route.response, 'output') } };
  return { [String(route.status ?? 200)]: { description: route.summary, content } };
}
