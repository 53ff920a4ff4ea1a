import type { OpenAPIObject } from '@nestjs/swagger';
import converter from 'openapi-to-postmanv2';
import openapiTS, { astToString } from 'openapi-typescript';

type Json = Record<string, any>;

const HEADING = '// Made by `npm run generate` from the routes: change those, and make it anew.';

/** What a request of the collection keeps of its answer, for the requests after it. */
const KEPT: Record<string, { variable: string; value: string }> = {
  'POST /api/auth/register': { variable: 'token', value: 'data.token' },
  'POST /api/auth/login': { variable: 'token', value: 'data.token' },
  'POST /api/shops': { variable: 'shopId', value: 'data.id' },
};

/** The files of `docs/client/generated/`, by their names, made from the OpenAPI document. */
export async function clientFiles(document: OpenAPIObject): Promise<Record<string, string>> {
  return {
    'cliick-api.ts': `${HEADING}\n\n${await typesOf(document)}`,
    'postman-collection.json': asText(await postmanCollection(document)),
  };
}

const asText = (value: object): string => `${JSON.stringify(value, null, 2)}\n`;

async function typesOf(document: OpenAPIObject): Promise<string> {
  // A field with a default may be left out of a body.
  const options = { defaultNonNullable: false, silent: true };
  return astToString(await openapiTS(structuredClone(document) as never, options));
}

async function postmanCollection(document: OpenAPIObject): Promise<Json> {
  const { info, item } = await convert(withoutAnswers(document));
  return {
    // Without the ids of a conversion, which differ each time: an import gives its own.
    info: { name: info.name, description: info.description.content, schema: info.schema },
    auth: { type: 'bearer', bearer: [{ key: 'token', value: '{{token}}', type: 'string' }] },
    variable: [
      { key: 'baseUrl', value: 'http://localhost:8080' },
      { key: 'token', value: '' },
      { key: 'shopId', value: '' },
    ],
    item: (item as Json[]).map((folder) => ({
      name: folder['name'],
      item: (folder['item'] as Json[]).map(tidyRequest),
    })),
  };
}

/** Answers are in the document; in the collection they would be six times its requests. */
function withoutAnswers(document: OpenAPIObject): OpenAPIObject {
  const copy = structuredClone(document);
  for (const operation of Object.values(copy.paths).flatMap((item) => Object.values(item))) {
    operation.responses = { default: { description: 'See the OpenAPI document.' } };
  }
  return copy;
}

async function convert(document: OpenAPIObject): Promise<Json> {
  const options = {
    folderStrategy: 'Tags',
    parametersResolution: 'Example',
    enableOptionalParameters: false,
    alwaysInheritAuthentication: true,
  };
  return new Promise((resolve, reject) => {
    converter.convertV2({ type: 'json', data: document }, options, (error, outcome) => {
      if (error) reject(error);
      else if (outcome.result) resolve(outcome.output[0].data);
      else reject(new Error(`The document makes no collection: ${outcome.reason}`));
    });
  });
}

function tidyRequest({ name, request }: Json): Json {
  const { method, url, header = [], body, description } = withFiles(request);
  const path = `/${url.path.join('/')}`;
  const kept = KEPT[`${method} ${path}`];
  return {
    name,
    ...(kept && { event: [scriptKeeping(kept)] }),
    request: {
      method,
      url: { ...url, raw: `{{baseUrl}}${path}`, variable: url.variable.map(fillVariable) },
      header,
      ...(body?.mode && { body }),
      ...(description?.content && { description: description.content }),
    },
    response: [],
  };
}

/** Parts that are files are chosen as files, and the boundary between them is Postman's to write. */
function withFiles(request: Json): Json {
  if (request['body']?.mode !== 'formdata') return request;
  const parts = (request['body'].formdata as Json[]).map(({ key }) => ({
    key,
    type: 'file',
    src: [],
  }));
  const header = (request['header'] as Json[]).filter(({ key }) => key !== 'Content-Type');
  return { ...request, header, body: { mode: 'formdata', formdata: parts } };
}

function fillVariable(variable: Json): Json {
  return variable['key'] === 'shopId' ? { ...variable, value: '{{shopId}}' } : variable;
}

function scriptKeeping({ variable, value }: { variable: string; value: string }): Json {
  const exec = [
    `if (pm.response.code === 201 || pm.response.code === 200) {`,
    `  pm.collectionVariables.set('${variable}', pm.response.json().${value});`,
    `}`,
  ];
  return { listen: 'test', script: { type: 'text/javascript', exec } };
}
