/** The OsmAnd protocol: a GET with a query, a POST with a form where the query is empty, or a POST with one of two JSON bodies. */
import { parseJson } from './foreign-values.js';
import { type Adapter, type AdapterRequest, type Decoded, unreadable } from './message.js';
import { namesIn, type Parameters, parameterMessage, readParameters } from './parameters.js';
import { decodeTraccarJson } from './traccar-json.js';

function decode({ query, contentType, body, receivedAt }: AdapterRequest): Decoded {
  const inQuery = readParameters(query);
  if (inQuery === undefined) return unreadable(body);
  if (contentType.includes('json') || body.trimStart().startsWith('{')) {
    const decoded = decodeTraccarJson(parseJson(body), receivedAt);
    return decoded.kind === 'messages' ? { ...decoded, names: [...namesIn(inQuery), ...decoded.names] } : decoded;
  }
  const inBody = saysMore(inQuery) ? undefined : readParameters(body);
  if (inBody === undefined && !saysMore(inQuery)) return unreadable(body);
  const parameters: Parameters = new Map([...(inBody ?? []), ...inQuery]);
  return { kind: 'messages', names: namesIn(parameters), messages: [parameterMessage(parameters, 'kn', receivedAt)] };
}

/** The query holds a message, and not only who is asking and how it counts. */
function saysMore(parameters: Parameters): boolean {
  return [...parameters.keys()].some((name) => !NO_MESSAGE.has(name));
}

const NO_MESSAGE = new Set(['id', 'deviceid', 'token', 'speedunit']);

/** Empty: clients of this protocol take text for a command. */
export const osmand: Adapter = {
  protocol: 'osmand',
  decode,
  answer: () => ({ contentType: 'text/plain', body: '' }),
};
