declare module 'swagger-ui-dist' {
  const swagger: { getAbsoluteFSPath(): string };
  export default swagger;
}
