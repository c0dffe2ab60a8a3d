/**
 * An answer whose bytes are all there: they go out as they are, where the web's own Response would make a stream of them and read it back.
 * Whoever wants the stream all the same can have it.
 */
export class WholeResponse extends Response {
  readonly content: Uint8Array<ArrayBuffer>;

  constructor(bytes: Uint8Array<ArrayBuffer>, contentType: string) {
    super(null, { headers: { 'content-type': contentType } });
    this.content = bytes;
  }

  override get body(): ReadableStream<Uint8Array<ArrayBuffer>> | null {
    return new Response(this.content).body;
  }

  override async arrayBuffer(): Promise<ArrayBuffer> {
    return this.content.slice().buffer;
  }

  override async text(): Promise<string> {
    return new TextDecoder().decode(this.content);
  }

  override async json(): Promise<unknown> {
    return JSON.parse(await this.text());
  }

  override clone(): WholeResponse {
    return new WholeResponse(this.content, this.headers.get('content-type')!);
  }
}
