/** Loggers with a free URL template (GPSLogger, the OsmAnd app): the parameters of the OsmAnd protocol, with speed in m/s. */
import { type Adapter, type AdapterRequest, type Decoded, unreadable } from './message.js';
import { namesIn, parameterMessage, readParameters } from './parameters.js';

/** The template may stand in the URL or in the body of a POST; what both have counts as in the URL. */
function decode({ query, body, receivedAt }: AdapterRequest): Decoded {
  const inQuery = readParameters(query);
  const inBody = readParameters(body);
  if (inQuery === undefined || inBody === undefined) return unreadable(body);
  const parameters = new Map([...inBody, ...inQuery]);
  return {
    kind: 'messages',
    names: namesIn(parameters),
    messages: [parameterMessage(parameters, 'mps', receivedAt)],
  };
}

export const gpslogger: Adapter = {
  protocol: 'gpslogger',
  decode,
  answer: () => ({ contentType: 'text/plain', body: '' }),
};
